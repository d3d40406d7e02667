-- One row a day, in UTC, and campaign. Traffic and conversions are stacked, never joined: a join
-- would count an impression once for each of its conversions.
WITH events AS (
  SELECT impression_date_utc AS event_date, 'dsp' AS ad_product_type, campaign_id_string,
         campaign, user_id, impressions, 0 AS clicks,
         total_cost / 100000 AS cost, -- millicents
         0 AS detail_page_views, 0 AS add_to_carts, 0 AS purchases, 0 AS units_sold,
         0 AS sales, 0 AS new_to_brand_purchases, 0 AS new_to_brand_sales
  FROM dsp_impressions
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT click_date_utc, 'dsp', campaign_id_string, campaign, user_id, 0, clicks, 0,
         0, 0, 0, 0, 0, 0, 0
  FROM dsp_clicks
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT event_date_utc, ad_product_type, campaign_id_string, campaign, user_id,
         impressions, clicks, spend / 100000000, -- microcents
         0, 0, 0, 0, 0, 0, 0
  FROM sponsored_ads_traffic
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT traffic_event_date_utc, COALESCE(ad_product_type, 'dsp'), campaign_id_string, campaign,
         user_id, 0, 0, 0, total_detail_page_view, total_add_to_cart, total_purchases,
         total_units_sold, total_product_sales, new_to_brand_total_purchases,
         new_to_brand_total_product_sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
)
SELECT event_date, ad_product_type, campaign_id_string, campaign,
       SUM(impressions) AS impressions,
       SUM(clicks) AS clicks,
       SUM(cost) AS cost,
       SUM(detail_page_views) AS detail_page_views,
       SUM(add_to_carts) AS add_to_carts,
       SUM(purchases) AS purchases,
       SUM(units_sold) AS units_sold,
       SUM(sales) AS sales,
       SUM(new_to_brand_purchases) AS new_to_brand_purchases,
       SUM(new_to_brand_sales) AS new_to_brand_sales
FROM events
GROUP BY event_date, ad_product_type, campaign_id_string, campaign
