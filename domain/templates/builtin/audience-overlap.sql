-- How many people of one campaign were also reached by another. Each pair stands twice, once from
-- either side; a campaign with itself gives its whole reach.
WITH people AS (
  SELECT DISTINCT campaign_id_string, campaign, user_id
  FROM dsp_impressions
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
)
SELECT a.campaign_id_string, a.campaign,
       b.campaign_id_string AS other_campaign_id_string, b.campaign AS other_campaign,
       COUNT(DISTINCT a.user_id) AS shared_reach
FROM people a
INNER JOIN people b ON a.user_id = b.user_id
GROUP BY 1, 2, 3, 4
